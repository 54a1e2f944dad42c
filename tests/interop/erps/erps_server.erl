%% A server that behaves as Erps.Server 0.7.0 does: a chunk is one packet (erps_chunk), or the
%% connection is closed; after a wrong identifier, a wrong version or a signature it sends an error
%% and never reads that connection again; whatever no clause is there for ends the session.
-module(erps_server).
-export([start/1]).

%% Options: at (a place of erps_transport, port 0 for any); identifier, versions (a function of the
%% version), both optional. Returns the port. It ends with the process that started it.
start(Options = #{at := Place}) ->
    Self = self(),
    spawn_link(fun() ->
                   {ok, Listener} = erps_transport:listen(Place),
                   Self ! {port, self(), erps_transport:port(Listener)},
                   accept(Listener, Options)
               end),
    receive {port, _, Port} -> Port end.

accept(Listener, Options) ->
    Socket = erps_transport:accept(Listener),
    Session = spawn(fun() -> receive go -> session(Socket, Options) end end),
    ok = gen_tcp:controlling_process(Socket, Session),
    Session ! go,
    accept(Listener, Options).

session(Accepted, Options = #{at := Place}) ->
    case erps_transport:handshake(Place, Accepted) of
        {ok, Socket} -> loop(Options#{socket => Socket, state => erps_service:new()});
        {error, _} -> gen_tcp:close(Accepted)
    end.

loop(Session = #{socket := Socket}) ->
    receive
        {later, Actions} -> loop(act(Actions, Session))
    after 0 ->
        case erps_chunk:read(Socket, 20) of
            {ok, #{type := keepalive}} -> loop(Session);
            {ok, Packet} -> judge(erps_service:refusal(Packet, Session), Packet, Session);
            {error, timeout} -> loop(Session);
            {error, _} -> erps_transport:close(Socket)
        end
    end.

judge(none, Packet = #{type := Type, payload := Payload}, Session) when Type =:= call; Type =:= cast ->
    loop(serve(Packet, binary_to_term(Payload, [safe]), Session));
judge(Fault, #{type := Type}, Session = #{socket := Socket}) when Type =:= call; Type =:= cast ->
    send(Socket, error, Fault),
    deaf(Session).

deaf(Session) ->
    receive
        {later, Actions} -> deaf(act(Actions, Session))
    end.

serve(#{type := call}, {Ref, Request}, Session = #{state := State}) ->
    done(erps_service:call(Request, Ref, State), Session);
serve(#{type := cast}, Request, Session = #{state := State}) ->
    done(erps_service:cast(Request, State), Session).

done({Actions, State}, Session) ->
    act(Actions, Session#{state := State}).

%% Every packet in a write of its own. Erps knows no rejection: the session ends.
act([], Session) -> Session;
act([{reply, Ref, Term} | Rest], Session = #{socket := Socket}) ->
    send(Socket, reply, {Term, Ref}),
    act(Rest, Session);
act([{push, Term} | Rest], Session = #{socket := Socket}) ->
    send(Socket, push, Term),
    act(Rest, Session);
act([_ | _], #{socket := Socket}) ->
    erps_transport:close(Socket),
    exit(normal).

send(Socket, Type, Term) ->
    erps_transport:send(Socket, erps_packet:encode(Type, #{}, term_to_binary(Term))).
