# What a user of Perl's Net::SMPP does with a message centre, one scenario after the other; the first
# that fails ends the program. Net::SMPP waits for one response at a time when it is synchronous, and
# drops what else comes meanwhile: so most of this is asynchronous.
use strict;
use warnings;
use Net::SMPP;

my ($port) = @ARGV;
my $DEADLINE = 60;

sub expect {
	my ($is_so, $what) = @_;
	die "not so: $what\n" unless $is_so;
}

sub is_equal {
	my ($got, $wanted, $what) = @_;
	die sprintf("%s: got %s, wanted %s\n", $what, $got // 'nothing', $wanted)
		unless defined $got && $got eq $wanted;
}

my %password = (alice => 'secret1', bob => 'secret2', slow => 'secret3');

sub connected {
	my (%more) = @_;
	return Net::SMPP->new_connect('127.0.0.1', port => $port, async => 1, %more)
		|| die "no connection: $!\n";
}

# Bound as `how` says, asynchronous from then on. The bind's response comes with it.
sub bound {
	my ($name, $how, %more) = @_;
	my $new = "new_" . ($how || 'transceiver');
	my ($client, $answer) = Net::SMPP->$new('127.0.0.1', port => $port, system_id => $name,
		password => $password{$name}, %more);
	expect($client, "connection of $name");
	is_equal($answer->{status}, 0, "bind of $name");
	${*$client}{async} = 1;
	return ($client, $answer);
}

# The next PDU; requests to us are answered on the way.
sub next_pdu {
	my ($client) = @_;
	my $pdu = $client->read_pdu() || die "the connection has ended\n";
	if ($pdu->{cmd} == Net::SMPP::CMD_deliver_sm) {
		$client->deliver_sm_resp(seq => $pdu->{seq}, message_id => '');
	} elsif ($pdu->{cmd} == Net::SMPP::CMD_data_sm) {
		$client->data_sm_resp(seq => $pdu->{seq}, message_id => '');
	} elsif ($pdu->{cmd} == Net::SMPP::CMD_enquire_link) {
		$client->enquire_link_resp(seq => $pdu->{seq});
	}
	return $pdu;
}

# The first PDU that `wanted` accepts, of what came before or comes now.
my %came;

sub wait_for {
	my ($client, $what, $wanted) = @_;
	my $early = $came{$client} ||= [];
	for my $i (0 .. $#$early) {
		return splice(@$early, $i, 1) if $wanted->($early->[$i]);
	}
	while (1) {
		my $pdu = next_pdu($client);
		return $pdu if $wanted->($pdu);
		push @$early, $pdu;
	}
}

sub response {
	my ($client, $sequence) = @_;
	return wait_for($client, 'response', sub {
		$_[0]{cmd} & 0x80000000 && $_[0]{seq} == $sequence;
	});
}

sub message {
	my ($client, $text) = @_;
	return wait_for($client, "message $text", sub {
		my $pdu = shift;
		return !($pdu->{cmd} & 0x80000000)
			&& ($pdu->{message_payload} || $pdu->{short_message} || '') eq $text;
	});
}

sub receipt {
	my ($client, $id) = @_;
	return wait_for($client, "receipt of $id", sub {
		my $pdu = shift;
		return $pdu->{cmd} == Net::SMPP::CMD_deliver_sm && ($pdu->{esm_class} & 0x3c) == 0x04
			&& index($pdu->{short_message}, "id:$id ") == 0;
	});
}

sub submit {
	my ($client, $to, $text, %more) = @_;
	return response($client, $client->submit_sm(source_addr => '1000', destination_addr => $to,
			short_message => $text, %more));
}

sub submitted {
	my $answer = submit(@_);
	is_equal($answer->{status}, 0, 'submit_sm');
	expect(length $answer->{message_id}, 'a message_id');
	return $answer->{message_id};
}

sub ends {
	my ($client, $what) = @_;
	local $SIG{__WARN__} = sub { };    # it complains of the end that is wanted
	while (my $pdu = $client->read_pdu()) {
		expect($pdu->{cmd} == Net::SMPP::CMD_deliver_sm, "only late deliveries before $what");
	}
}

sub unbind {
	my ($client) = @_;
	is_equal(response($client, $client->unbind())->{status}, 0, 'unbind');
	ends($client, 'the end after unbind_resp');
	close $client;
}

my @scenarios = (
	'synchronous: bind, submit, query, unbind' => sub {
		my ($alice, $answer) = bound('alice');
		is_equal($answer->{system_id}, 'smpp-mc', 'name of the centre');
		is_equal($answer->{sc_interface_version}, "\x50", 'its version');
		my @sync = (async => 0);
		my $taken = $alice->submit_sm(@sync, source_addr => '1000',
			destination_addr => '4915112345', short_message => 'synchronous');
		is_equal($taken->{status}, 0, 'submit_sm');
		is_equal($alice->enquire_link(@sync)->{status}, 0, 'enquire_link');
		my $state;
		do {
			$state = $alice->query_sm(@sync, message_id => $taken->{message_id},
				source_addr => '1000');
			is_equal($state->{status}, 0, 'query_sm');
		} until $state->{message_state} == Net::SMPP::MSGSTATE_delivered;
		expect($state->{final_date} =~ /^\d{15}[+]$/, "final date $state->{final_date}");
		is_equal($alice->unbind(@sync)->{status}, 0, 'unbind');
		ends($alice, 'the end after unbind_resp');
	},

	'a receipt with its text and TLVs' => sub {
		my ($alice) = bound('alice');
		my $id = submitted($alice, '4915112345', 'Hello!', registered_delivery => 1);
		my $receipt = receipt($alice, $id);
		expect($receipt->{short_message} =~ /stat:DELIVRD err:000 text:Hello!$/i,
			"text $receipt->{short_message}");
		is_equal($receipt->{source_addr}, '4915112345', 'source');
		is_equal($receipt->{destination_addr}, '1000', 'destination');
		is_equal($receipt->{receipted_message_id}, "$id\0", 'receipted_message_id');
		is_equal($receipt->{message_state}, "\x02", 'message_state');
		unbind($alice);
	},

	'a transmitter and a receiver of one account' => sub {
		my ($transmitter) = bound('alice', 'transmitter');
		my ($receiver) = bound('alice', 'receiver');
		my $id = submitted($transmitter, '4915112345', 'apart', registered_delivery => 1);
		receipt($receiver, $id);
		is_equal(response($receiver, $receiver->submit_sm(destination_addr => '1'))->{status},
			Net::SMPP::ESME_RINVBNDSTS, 'submit_sm of a receiver');
		unbind($transmitter);
		unbind($receiver);
	},

	'fifty at once, answered in any order' => sub {
		my ($alice) = bound('alice', 'transmitter');
		my @sent = map {
			$alice->submit_sm(source_addr => '1000', destination_addr => "49$_",
				short_message => "number $_")
		} 1 .. 50;
		my %ids = map { response($alice, $_)->{message_id} => 1 } reverse @sent;
		is_equal(scalar keys %ids, 50, 'ids');
		unbind($alice);
	},

	'long, UCS-2, packed and binary texts arrive octet for octet' => sub {
		my ($alice) = bound('alice');
		my ($bob) = bound('bob');
		my @texts = (
			['Привет', data_coding => 8, short_message => pack('n*', 0x41f, 0x440, 0x20ac)],
			['octets', data_coding => 4, short_message => join('', map { chr } 0 .. 250)],
			['packed', data_coding => 0, short_message => Net::SMPP::pack_7bit('packed text')],
			['parts', esm_class => 0x40, short_message => "\x05\x00\x03\x2a\x02\x01" . 'a' x 134],
			['longest', short_message => 'b' x 254],
		);
		for (@texts) {
			my ($name, %fields) = @$_;
			is_equal(response($alice, $alice->submit_sm(source_addr => '1000',
				destination_addr => '2001', %fields))->{status}, 0, "submit of $name");
			my $got = message($bob, $fields{short_message});
			is_equal($got->{data_coding}, $fields{data_coding} || 0, "coding of $name");
			is_equal($got->{esm_class}, $fields{esm_class} || 0, "class of $name");
		}
		my $payload = 'payload ' x 1000;
		is_equal(submit($alice, '2001', '', message_payload => $payload)->{status}, 0,
			'submit of a payload');
		message($bob, $payload);
		unbind($_) for $alice, $bob;
	},

	'TLVs for the receiver go on, those for the centre do not' => sub {
		my ($alice) = bound('alice');
		my ($bob) = bound('bob');
		submitted($alice, '2001', 'with TLVs', source_port => pack('n', 1234),
			more_messages_to_send => "\x01", receipted_message_id => "forged\0",
			tariff => 'vendor');
		my $got = message($bob, 'with TLVs');
		is_equal($got->{source_port}, pack('n', 1234), 'source_port');
		is_equal($got->{tariff}, 'vendor', 'TLV of a vendor');
		expect(!exists $got->{receipted_message_id}, 'no forged receipt');
		expect(!exists $got->{more_messages_to_send}, 'no more_messages_to_send');
		unbind($_) for $alice, $bob;
	},

	'versions 3.3 and 5.0' => sub {
		my ($old, $answer) = bound('alice', 'transceiver', interface_version => 0x33);
		expect(!exists $answer->{sc_interface_version}, 'no TLV for 3.3');
		my $id = submitted($old, '4915112345', 'old', registered_delivery => 1);
		my $receipt = receipt($old, $id);
		expect(!exists $receipt->{receipted_message_id}, 'no TLVs in its receipt');
		unbind($old);
		my ($new, $other) = bound('alice', 'transceiver', interface_version => 0x50);
		is_equal($other->{sc_interface_version}, "\x50", 'version');
		$id = submitted($new, '4915112345', 'new', registered_delivery => 3);
		receipt($new, $id);
		unbind($new);
		my ($odd) = bound('alice', 'transceiver', interface_version => 0x99);
		unbind($odd);
	},

	'the 20 octets of a 4.0 header are refused, and the connection is still of use' => sub {
		my $client = connected();
		$client->set_version(0x40);
		$client->bind_transmitter(system_id => 'alice', password => 'secret1', seq => 77);
		$client->set_version(0x34);
		my $nack = $client->read_pdu();
		is_equal($nack->{cmd}, Net::SMPP::CMD_generic_nack, 'generic_nack');
		is_equal($nack->{status}, Net::SMPP::ESME_RINVCMDID, 'status');
		is_equal($nack->{seq}, 77, 'sequence number');
		my $answer = response($client, $client->bind_transceiver(system_id => 'alice',
			password => 'secret1'));
		is_equal($answer->{status}, 0, 'bind by 3.4');
		unbind($client);
	},

	'submit_multi, and its failures one by one' => sub {
		my ($alice) = bound('alice');
		my ($bob) = bound('bob');
		my $answer = response($alice, $alice->submit_multi(source_addr => '1000',
			destination_addr => ['2001', '2002', '77'], short_message => 'many'));
		is_equal($answer->{status}, 0, 'submit_multi');
		is_equal($answer->{no_unsuccess}, 1, 'failures');
		is_equal($answer->{destination_addr}[0], '77', 'who failed');
		is_equal($answer->{error_status_code}[0], Net::SMPP::ESME_RINVDSTADR, 'why');
		my @to = sort map { message($bob, 'many')->{destination_addr} } 1 .. 2;
		is_equal("@to", '2001 2002', 'destinations');
		$answer = response($alice, $alice->submit_multi(source_addr => '1000', dest_flag => [2],
			destination_addr => ['friends'], short_message => 'list'));
		is_equal($answer->{status}, Net::SMPP::ESME_RINVDLNAME, 'distribution list');
		unbind($_) for $alice, $bob;
	},

	'cancel, replace, and what they say of unknown messages' => sub {
		my ($alice) = bound('alice');
		my $id = submitted($alice, '2009', 'first text');
		is_equal(response($alice, $alice->replace_sm(message_id => $id, source_addr => '1000',
			short_message => 'second text'))->{status}, 0, 'replace_sm');
		my $gone = submitted($alice, '2008', 'never delivered');
		is_equal(response($alice, $alice->cancel_sm(message_id => $gone, source_addr => '1000',
			destination_addr => '2008'))->{status}, 0, 'cancel_sm');
		for my $other ('ffffffffffffff00', 'rubbish', '') {
			my $status = response($alice, $alice->query_sm(message_id => $other,
				source_addr => '1000'))->{status};
			is_equal($status, Net::SMPP::ESME_RINVMSGID, "query_sm of '$other'");
		}
		my ($bob) = bound('bob', 'receiver');
		message($bob, 'second text');
		unbind($_) for $alice, $bob;
	},

	'data_sm both ways' => sub {
		my ($alice) = bound('alice');
		my ($bob) = bound('bob');
		my $answer = response($alice, $alice->data_sm(source_addr => '1000',
			destination_addr => '2001', message_payload => 'by data_sm'));
		is_equal($answer->{status}, 0, 'data_sm');
		message($bob, 'by data_sm');
		unbind($_) for $alice, $bob;
	},

	'sequence numbers of any kind come back' => sub {
		my ($alice) = bound('alice');
		for my $sequence (0, 0x7fffffff, 0x80000001, 0xffffffff) {
			is_equal(response($alice, $alice->enquire_link(seq => $sequence))->{seq}, $sequence,
				'enquire_link');
			my $answer = submit($alice, '49', 'x', seq => $sequence);
			is_equal($answer->{status}, 0, "submit_sm with $sequence");
		}
		unbind($alice);
	},

	'what only a centre sends has no place in a client' => sub {
		my ($alice) = bound('alice');
		my $answer = response($alice, $alice->deliver_sm(destination_addr => '1'));
		is_equal($answer->{status}, Net::SMPP::ESME_RINVBNDSTS, 'deliver_sm');
		$alice->alert_notification(source_addr => '1', esme_addr => '2');
		$alice->outbind(system_id => 'x', password => 'y');
		$alice->generic_nack(seq => 12345, status => 3);
		is_equal(response($alice, $alice->enquire_link())->{status}, 0, 'enquire_link after it');
		unbind($alice);
	},

	'enquire_link before the bind; a wrong password, then the right one' => sub {
		my $client = connected();
		is_equal(response($client, $client->enquire_link())->{status}, 0, 'enquire_link');
		is_equal(submit($client, '49', 'x')->{status}, Net::SMPP::ESME_RINVBNDSTS, 'submit_sm');
		my @alice = (system_id => 'alice', password => 'wrong');
		is_equal(response($client, $client->bind_transceiver(@alice))->{status},
			Net::SMPP::ESME_RINVPASWD, 'wrong password');
		@alice = (system_id => 'alice', password => 'secret1');
		is_equal(response($client, $client->bind_transceiver(@alice))->{status}, 0, 'right one');
		is_equal(response($client, $client->bind_receiver(@alice))->{status},
			Net::SMPP::ESME_RALYBND, 'second bind');
		unbind($client);
	},

	'half closed: what was submitted is answered first' => sub {
		my ($alice) = bound('alice', 'transmitter');
		my @sent = map {
			$alice->submit_sm(source_addr => '1000', destination_addr => '49',
				short_message => "last $_")
		} 1 .. 20;
		shutdown($alice, 1);
		is_equal(response($alice, $_)->{status}, 0, 'submit_sm') for @sent;
		ends($alice, 'the end');
	},

	'throttled, then served again' => sub {
		my ($slow) = bound('slow');
		my @sent = map {
			$slow->submit_sm(source_addr => '1', destination_addr => '49', short_message => 's')
		} 1 .. 20;
		my %status;
		$status{response($slow, $_)->{status}}++ for @sent;
		is_equal($status{0}, 5, 'served at once');
		is_equal($status{Net::SMPP::ESME_RTHROTTLED()}, 15, 'throttled');
		select(undef, undef, undef, 0.3) until submit($slow, '49', 's')->{status} == 0;
		unbind($slow);
	},

	'the centre asks whether we are there, and unbinds who says nothing' => sub {
		my ($alice) = bound('alice');
		my $asked = wait_for($alice, 'enquire_link', sub {
			$_[0]{cmd} == Net::SMPP::CMD_enquire_link;
		});
		expect($asked->{seq} > 0, 'its sequence number');
		unbind($alice);
		my ($mute) = bound('alice');
		local $SIG{__WARN__} = sub { };
		1 while $mute->read_pdu();    # never answers
	},
);

sub main {
	while (my ($name, $run) = splice(@scenarios, 0, 2)) {
		next if $ENV{SCENARIO} && index($name, $ENV{SCENARIO}) < 0;
		eval {
			local $SIG{ALRM} = sub { die "not done in $DEADLINE s\n" };
			alarm $DEADLINE;
			$run->();
			alarm 0;
		};
		die "FAILED: $name: $@" if $@;
		print "ok: $name\n";
	}
}

main();
