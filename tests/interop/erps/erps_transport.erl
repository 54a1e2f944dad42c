%% TCP, or TLS over it as soon as it is there, with certificates on both ends.
%% A place is {tcp, Port} or {tls, Port, Folder, Name}: Folder holds ca.pem, NAME.pem and NAME.key;
%% with the name none there is no certificate.
-module(erps_transport).
-export([connect/1, listen/1, port/1, accept/1, handshake/2, recv/3, send/2, close/1]).

connect({tcp, Port}) ->
    connect_tcp(Port);
connect({tls, Port, Folder, Name}) ->
    case connect_tcp(Port) of
        {ok, {gen_tcp, Socket}} ->
            of_tls(ssl:connect(Socket, [{verify, verify_peer} | files(Folder, Name)], 30000));
        Error ->
            Error
    end.

connect_tcp(Port) ->
    case gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {packet, raw}], 30000) of
        {ok, Socket} -> {ok, {gen_tcp, Socket}};
        Error -> Error
    end.

listen(Place) ->
    gen_tcp:listen(element(2, Place), [binary, {active, false}, {packet, raw}, {reuseaddr, true},
                                       {ip, {127, 0, 0, 1}}, {backlog, 64}]).

port(Listener) ->
    {ok, Port} = inet:port(Listener),
    Port.

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Socket.

%% The server's end of a connection that was accepted. With Erps itself a peer has 200 ms; on a
%% machine with much else to do that is no time.
handshake({tcp, _}, Socket) ->
    {ok, {gen_tcp, Socket}};
handshake({tls, _, Folder, Name}, Socket) ->
    of_tls(ssl:handshake(Socket, [{verify, verify_peer}, {fail_if_no_peer_cert, true}
                                  | files(Folder, Name)], 30000)).

of_tls({ok, Socket}) -> {ok, {ssl, Socket}};
of_tls(Error) -> Error.

files(Folder, none) ->
    [{cacertfile, filename:join(Folder, "ca.pem")}];
files(Folder, Name) ->
    [{certfile, filename:join(Folder, Name ++ ".pem")},
     {keyfile, filename:join(Folder, Name ++ ".key")} | files(Folder, none)].

recv({Module, Socket}, Size, Timeout) ->
    Module:recv(Socket, Size, Timeout).

send({Module, Socket}, Octets) ->
    Module:send(Socket, Octets).

close({Module, Socket}) ->
    Module:close(Socket).
