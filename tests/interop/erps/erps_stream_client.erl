%% A client that reads a stream of octets and writes what it likes: many packets at once, one packet
%% in pieces, references of any kind. It is a value, not a process: each function returns the next.
-module(erps_stream_client).
-export([open/1, close/1, send/2, call/3, cast/2, keepalive/0, receive_packet/2, expect_end/1,
         exchange/2]).

%% Options as of erps_client: at, version, identifier.
open(Options = #{at := Place}) ->
    case erps_transport:connect(Place) of
        {ok, Socket} -> {ok, Options#{socket => Socket, unread => <<>>}};
        Error -> Error
    end.

close(#{socket := Socket}) ->
    erps_transport:close(Socket).

%% The octets of packets; send them alone, together, or cut.
call(Client, Ref, Request) -> erps_packet:encode(call, Client, term_to_binary({Ref, Request})).
cast(Client, Request) -> erps_packet:encode(cast, Client, term_to_binary(Request)).
keepalive() -> erps_packet:keepalive().

send(#{socket := Socket}, Octets) ->
    erps_transport:send(Socket, Octets).

%% {Type, Term, Client}, or {closed, Reason}.
receive_packet(Client = #{socket := Socket, unread := Unread}, Timeout) ->
    case erps_packet:next(Unread) of
        {packet, #{type := Type, payload := Payload}, Rest} ->
            {Type, binary_to_term(Payload), Client#{unread := Rest}};
        error ->
            {closed, no_packet};
        _ ->
            case erps_transport:recv(Socket, 0, Timeout) of
                {ok, More} ->
                    receive_packet(Client#{unread := <<Unread/binary, More/binary>>}, Timeout);
                {error, Reason} ->
                    {closed, Reason}
            end
    end.

%% The server ends the connection, with nothing before.
expect_end(Client) ->
    {closed, Reason} = receive_packet(Client, 30000),
    true = Reason =/= timeout,
    ok.

%% All requests in one write; the replies, by the references 0, 1, ... in the order of requests.
exchange(Client, Requests) ->
    Numbered = lists:zip(lists:seq(0, length(Requests) - 1), Requests),
    ok = send(Client, [call(Client, Ref, Request) || {Ref, Request} <- Numbered]),
    {Replies, After} = collect(Client, length(Requests), []),
    {[Reply || {_, Reply} <- lists:sort(Replies)], After}.

collect(Client, 0, Replies) ->
    {Replies, Client};
collect(Client, Missing, Replies) ->
    {reply, {Reply, Ref}, After} = receive_packet(Client, 30000),
    collect(After, Missing - 1, [{Ref, Reply} | Replies]).
