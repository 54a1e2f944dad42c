// npm's smpp as a message centre: what our ESME side is bound to. It says on standard output where it
// listens and what it is asked, and gives a receipt for each message that wants one.
'use strict';

const fs = require('fs');
const smpp = require('smpp');

const [port, key, cert] = process.argv.slice(2);
const options = cert ? {key: fs.readFileSync(key), cert: fs.readFileSync(cert)} : {};
let messages = 0;

function receipt(session, message, id) {
	session.deliver_sm({
		esm_class: 4,
		source_addr: message.destination_addr,
		destination_addr: message.source_addr,
		short_message: `id:${id} sub:001 dlvrd:001 submit date:2611270000 done date:2611270000 ` +
			'stat:DELIVRD err:000 text:',
	}, (pdu) => console.log(`receipted ${id} ${pdu.command_status}`));
}

const server = smpp.createServer(options, (session) => {
	session.on('error', () => {});
	for (const bind of ['bind_transceiver', 'bind_receiver', 'bind_transmitter'])
		session.on(bind, (pdu) => {
			const ok = pdu.password === 'secret1';
			console.log(`${bind} ${pdu.system_id} ${pdu.interface_version} ${ok}`);
			session.send(pdu.response({command_status: ok ? 0 : smpp.ESME_RINVPASWD}));
		});
	session.on('submit_sm', (pdu) => {
		const id = `n${++messages}`;
		const text = pdu.short_message.message;
		console.log(`submit_sm ${Buffer.isBuffer(text) ? text.toString('hex') : text}`);
		session.send(pdu.response({message_id: id}));
		if (pdu.registered_delivery)
			receipt(session, pdu, id);
	});
	session.on('enquire_link', (pdu) => {
		console.log('enquire_link');
		session.send(pdu.response());
	});
	session.on('unbind', (pdu) => {
		console.log('unbind');
		session.send(pdu.response());
	});
});

server.listen(Number(port), '127.0.0.1', () => console.log(`listening ${server.address().port}`));
