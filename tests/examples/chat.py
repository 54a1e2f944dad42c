#!/usr/bin/env python3
"""sb-chat with real clients on whatever shards they land: names, rooms, whispers, ends, a drain."""
from program import Program


class User:
	def __init__(self, program, nick):
		self.connection = program.connect()
		self.lines = self.connection.makefile("r", encoding="utf-8", newline="\n")
		self.expect("* your name?")
		self.say(nick)

	def say(self, line):
		self.connection.sendall(line.encode() + b"\n")

	def expect(self, line):
		got = self.lines.readline().rstrip("\n")
		assert got == line, f"{got!r}, not {line!r}"

	def expect_end(self):
		assert self.lines.readline() == ""

	def close(self):
		self.lines.close()
		self.connection.close()


WELCOME = "* welcome, {}: /join ROOM, /msg NAME TEXT, /quit"


def main():
	with Program("sb-chat") as program:
		alice = User(program, "alice")
		alice.expect(WELCOME.format("alice"))
		bob = User(program, "alice")
		bob.expect("* the name is taken; another name?")
		bob.say("bob")
		bob.expect(WELCOME.format("bob"))

		alice.say("/join kitchen")
		alice.expect("* 1 in kitchen")
		bob.say("/join kitchen")
		bob.expect("* 2 in kitchen")
		alice.expect("* bob joined kitchen")
		bob.say("hello")
		alice.expect("bob: hello")

		# Many from one sender arrive in their order.
		for i in range(200):
			alice.say(f"line {i}")
		for i in range(200):
			bob.expect(f"alice: line {i}")

		carol = User(program, "carol")
		carol.expect(WELCOME.format("carol"))
		carol.say("/msg bob psst")
		bob.expect("carol whispers: psst")
		carol.say("/msg dave psst")
		carol.expect("* dave: no such name")
		bob.say("/quit")
		bob.expect_end()
		alice.expect("* bob left kitchen")
		bob.close()
		carol.expect("* bob is gone")

		# A name is free again when its holder has left, and who is cut off is missed.
		dave = User(program, "dave")
		dave.expect(WELCOME.format("dave"))
		dave.say("/join kitchen")
		dave.expect("* 2 in kitchen")
		alice.expect("* dave joined kitchen")
		dave.close()
		alice.expect("* dave left kitchen (peer)")
		bob = User(program, "bob")
		bob.expect(WELCOME.format("bob"))

		program.terminate()
		for user in (alice, bob, carol):
			user.expect("* we close for today")
			user.expect_end()
			user.close()


if __name__ == "__main__":
	main()
