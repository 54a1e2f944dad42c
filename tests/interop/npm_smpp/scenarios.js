// What a user of npm's smpp does with a message centre, one scenario after the other. Each waits for
// what must come, with a deadline; the first that fails ends the program with 1.
'use strict';

const assert = require('assert');
const smpp = require('smpp');

const DEADLINE_MS = 15000;
const [port, tlsPort] = process.argv.slice(2).map(Number);

function within(promise, what) {
	let timer;
	const deadline = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no ${what} in time`)), DEADLINE_MS);
	});
	return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

// A session with what it has received so far, and a way to wait for what comes.
class Client {
	constructor(options) {
		this.delivered = [];
		this.waiting = [];
		this.session = smpp.connect(options);
		this.closed = new Promise((resolve) => this.session.on('close', resolve));
		this.connected = new Promise((resolve, reject) => {
			this.session.on(options.tls ? 'secureConnect' : 'connect', resolve);
			this.session.on('error', reject);
		});
		this.session.on('enquire_link', (pdu) => this.session.send(pdu.response()));
		this.session.on('deliver_sm', (pdu) => {
			this.session.send(pdu.response());
			this.delivered.push(pdu);
			this.waiting.splice(0).forEach((wake) => wake());
		});
	}

	request(command, fields) {
		return within(new Promise((resolve) => {
			this.session[command](fields || {}, resolve);
		}), `response to ${command}`);
	}

	async bind(systemId, password, how) {
		await within(this.connected, 'connection');
		return this.request(how || 'bind_transceiver', {system_id: systemId, password: password,
			interface_version: 0x34});
	}

	// The first delivered PDU that `wanted` accepts, taken out of those that have come.
	async delivery(wanted, what) {
		const look = async () => {
			for (;;) {
				const at = this.delivered.findIndex(wanted);
				if (at >= 0)
					return this.delivered.splice(at, 1)[0];
				await new Promise((resolve) => this.waiting.push(resolve));
			}
		};
		return within(look(), what);
	}

	receipt(messageId) {
		return this.delivery((pdu) => (pdu.esm_class & 0x3c) === 0x04 &&
			text(pdu).includes(`id:${messageId}`), `receipt of ${messageId}`);
	}

	async unbind() {
		const answer = await this.request('unbind');
		assert.strictEqual(answer.command_status, 0);
		this.session.close();
		await within(this.closed, 'close');
	}
}

function text(pdu) {
	const message = pdu.message_payload || pdu.short_message;
	const value = message && message.message !== undefined ? message.message : message;
	return Buffer.isBuffer(value) ? value.toString('latin1') : String(value);
}

async function bound(systemId, password, how) {
	const client = new Client({host: '127.0.0.1', port: port});
	const answer = await client.bind(systemId, password, how);
	assert.strictEqual(answer.command_status, 0, `bind of ${systemId}`);
	return client;
}

const scenarios = {
	async 'a short message to the sink is delivered and its receipt comes'() {
		const alice = await bound('alice', 'secret1');
		const answer = await alice.request('submit_sm', {source_addr: '1000',
			destination_addr: '4915112345', short_message: 'Hello!', registered_delivery: 1});
		assert.strictEqual(answer.command_status, 0);
		assert.ok(answer.message_id.length > 0);
		const receipt = await alice.receipt(answer.message_id);
		assert.match(text(receipt), /stat:DELIVRD/);
		assert.match(text(receipt), /text:Hello!/i);
		assert.strictEqual(receipt.source_addr, '4915112345');
		assert.strictEqual(receipt.destination_addr, '1000');
		assert.strictEqual(receipt.message_state, 2);
		assert.strictEqual(String(receipt.receipted_message_id), answer.message_id);
		await alice.unbind();
	},

	async 'a message goes from alice to bob'() {
		const alice = await bound('alice', 'secret1');
		const bob = await bound('bob', 'secret2');
		const answer = await alice.request('submit_sm', {source_addr: '1000',
			destination_addr: '2000', short_message: 'to bob', registered_delivery: 1});
		assert.strictEqual(answer.command_status, 0);
		const delivered = await bob.delivery((pdu) => text(pdu) === 'to bob', 'message at bob');
		assert.strictEqual(delivered.source_addr, '1000');
		assert.strictEqual(delivered.destination_addr, '2000');
		assert.match(text(await alice.receipt(answer.message_id)), /stat:DELIVRD/);
		await alice.unbind();
		await bob.unbind();
	},

	async 'a message waits until its receiver binds'() {
		const alice = await bound('alice', 'secret1');
		const answer = await alice.request('submit_sm', {source_addr: '1000',
			destination_addr: '2001', short_message: 'early'});
		assert.strictEqual(answer.command_status, 0);
		const bob = await bound('bob', 'secret2', 'bind_receiver');
		await bob.delivery((pdu) => text(pdu) === 'early', 'message that waited');
		await bob.unbind();
		await alice.unbind();
	},

	async 'a long message in UDH parts arrives part by part'() {
		const alice = await bound('alice', 'secret1');
		const bob = await bound('bob', 'secret2');
		const parts = ['a'.repeat(153), 'b'.repeat(153), 'c'.repeat(20)];
		for (let i = 0; i < parts.length; i++) {
			const answer = await alice.request('submit_sm', {source_addr: '1000',
				destination_addr: '2002', esm_class: 0x40, short_message: {
					udh: Buffer.from([5, 0, 3, 77, parts.length, i + 1]),
					message: parts[i]}});
			assert.strictEqual(answer.command_status, 0);
		}
		for (let i = 0; i < parts.length; i++) {
			const pdu = await bob.delivery((p) => p.esm_class & 0x40 && text(p) === parts[i],
				`part ${i + 1}`);
			const header = Buffer.isBuffer(pdu.short_message.udh) ? pdu.short_message.udh
				: Buffer.concat([Buffer.from([5]), ...[].concat(pdu.short_message.udh)]);
			assert.deepStrictEqual([...header.subarray(-3)], [77, parts.length, i + 1]);
		}
		await alice.unbind();
		await bob.unbind();
	},

	async 'a long message in message_payload arrives whole'() {
		const alice = await bound('alice', 'secret1');
		const bob = await bound('bob', 'secret2');
		const long = 'payload '.repeat(200);
		const answer = await alice.request('submit_sm', {source_addr: '1000',
			destination_addr: '2003', message_payload: long});
		assert.strictEqual(answer.command_status, 0);
		await bob.delivery((pdu) => pdu.message_payload && text(pdu) === long, 'long message');
		await alice.unbind();
		await bob.unbind();
	},

	async 'UCS-2 text arrives as it was'() {
		const alice = await bound('alice', 'secret1');
		const bob = await bound('bob', 'secret2');
		const words = 'Привет, 世界 €';
		const answer = await alice.request('submit_sm', {source_addr: '1000',
			destination_addr: '2004', data_coding: 8, short_message: words});
		assert.strictEqual(answer.command_status, 0);
		const pdu = await bob.delivery((p) => p.data_coding === 8, 'UCS-2 message');
		assert.strictEqual(pdu.short_message.message, words);
		await alice.unbind();
		await bob.unbind();
	},

	async 'query_sm tells the state of a message'() {
		const alice = await bound('alice', 'secret1');
		const waiting = await alice.request('submit_sm', {source_addr: '1000',
			destination_addr: '2999', short_message: 'nobody is there'});
		let state = await alice.request('query_sm', {message_id: waiting.message_id,
			source_addr: '1000'});
		assert.strictEqual(state.command_status, 0);
		assert.strictEqual(state.message_state, 1);
		const cancelled = await alice.request('cancel_sm', {message_id: waiting.message_id,
			source_addr: '1000', destination_addr: '2999'});
		assert.strictEqual(cancelled.command_status, 0);
		state = await alice.request('query_sm', {message_id: waiting.message_id,
			source_addr: '1000'});
		assert.strictEqual(state.message_state, 4);
		const unknown = await alice.request('query_sm', {message_id: 'fffffffffffffff0',
			source_addr: '1000'});
		assert.notStrictEqual(unknown.command_status, 0);
		await alice.unbind();
	},

	async 'replace_sm replaces the text of a waiting message'() {
		const alice = await bound('alice', 'secret1');
		const answer = await alice.request('submit_sm', {source_addr: '1000',
			destination_addr: '2005', short_message: 'old text'});
		const replaced = await alice.request('replace_sm', {message_id: answer.message_id,
			source_addr: '1000', short_message: 'new text'});
		assert.strictEqual(replaced.command_status, 0);
		const bob = await bound('bob', 'secret2');
		await bob.delivery((pdu) => text(pdu) === 'new text', 'replaced text');
		await bob.unbind();
		await alice.unbind();
	},

	async 'submit_multi and data_sm are answered and delivered'() {
		const alice = await bound('alice', 'secret1');
		const bob = await bound('bob', 'secret2');
		const many = await alice.request('submit_multi', {source_addr: '1000', dest_address: [
			{dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: '2006'},
			{dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: '2007'}],
			short_message: 'to many'});
		assert.strictEqual(many.command_status, 0);
		await bob.delivery((p) => text(p) === 'to many' && p.destination_addr === '2006', 'first');
		await bob.delivery((p) => text(p) === 'to many' && p.destination_addr === '2007', 'second');
		const data = await alice.request('data_sm', {source_addr: '1000',
			destination_addr: '4915100000', message_payload: 'data'});
		assert.strictEqual(data.command_status, 0);
		await alice.unbind();
		await bob.unbind();
	},

	async 'wrong passwords, second binds and wrong states have their own status'() {
		const stranger = new Client({host: '127.0.0.1', port: port});
		const refused = await stranger.bind('alice', 'wrong');
		assert.strictEqual(refused.command_status, 0x0e);
		stranger.session.destroy();
		const nobody = new Client({host: '127.0.0.1', port: port});
		assert.ok([0x0f, 0x0d].includes((await nobody.bind('nobody', 'x')).command_status));
		nobody.session.destroy();
		const alice = await bound('alice', 'secret1');
		const again = await alice.request('bind_transceiver', {system_id: 'alice',
			password: 'secret1'});
		assert.strictEqual(again.command_status, 0x05);
		await alice.unbind();
		const receiver = await bound('bob', 'secret2', 'bind_receiver');
		const illegal = await receiver.request('submit_sm', {source_addr: '2',
			destination_addr: '3', short_message: 'x'});
		assert.strictEqual(illegal.command_status, 0x04);
		await receiver.unbind();
	},

	async 'enquire_link is answered, an unknown command is nacked, and the session goes on'() {
		const alice = await bound('alice', 'secret1');
		assert.strictEqual((await alice.request('enquire_link')).command_status, 0);
		const nack = within(new Promise((resolve) => alice.session.on('generic_nack', resolve)),
			'generic_nack');
		alice.session.socket.write(Buffer.from('00000010000003ff0000000000005678', 'hex'));
		const pdu = await nack;
		assert.strictEqual(pdu.command_status, 3);
		assert.strictEqual(pdu.sequence_number, 0x5678);
		assert.strictEqual((await alice.request('enquire_link')).command_status, 0);
		await alice.unbind();
	},

	async 'TLS from the first octet'() {
		const alice = new Client({host: '127.0.0.1', port: tlsPort, tls: true,
			rejectUnauthorized: false});
		assert.strictEqual((await alice.bind('alice', 'secret1')).command_status, 0);
		const answer = await alice.request('submit_sm', {source_addr: '1000',
			destination_addr: '4915112345', short_message: 'over TLS', registered_delivery: 1});
		assert.match(text(await alice.receipt(answer.message_id)), /stat:DELIVRD/);
		await alice.unbind();
	},
};

async function main() {
	const only = process.env.SCENARIO;

	for (const [name, run] of Object.entries(scenarios)) {
		if (only && !name.includes(only))
			continue;
		try {
			await run();
			console.log(`ok: ${name}`);
		} catch (error) {
			console.error(`FAILED: ${name}\n${error.stack}`);
			process.exit(1);
		}
	}
	process.exit(0);
}

main();
