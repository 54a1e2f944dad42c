%% A server that reads a stream of octets: packets may come in pieces and together, and what a read
%% has brought is answered in one write. A wrong packet is answered with an error, and it reads on.
-module(erps_stream_server).
-export([start/1]).

%% Options as of erps_server.
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
        {ok, Socket} ->
            loop(Options#{socket => Socket, state => erps_service:new(), unread => <<>>});
        {error, _} ->
            gen_tcp:close(Accepted)
    end.

loop(Session = #{socket := Socket, unread := Unread}) ->
    receive
        {later, Actions} -> loop(write(Actions, Session))
    after 0 ->
        case erps_transport:recv(Socket, 0, 10) of
            {ok, More} -> loop(serve(Session#{unread := <<Unread/binary, More/binary>>}));
            {error, timeout} -> loop(Session);
            {error, _} -> erps_transport:close(Socket)
        end
    end.

serve(Session = #{unread := Unread}) ->
    serve(erps_packet:next(Unread), Session, []).

serve({packet, Packet, Rest}, Session, Before) ->
    {Actions, After} = one(Packet, Session),
    serve(erps_packet:next(Rest), After#{unread := Rest}, Before ++ Actions);
serve(error, Session, Before) ->
    write(Before ++ [stop], Session);
serve(_, Session, Before) ->
    write(Before, Session).

one(#{type := keepalive}, Session) ->
    {[], Session};
one(Packet = #{type := Type, payload := Payload}, Session = #{state := State}) ->
    Term = binary_to_term(Payload),
    case {Type, erps_service:refusal(Packet, Session)} of
        {call, none} -> next(erps_service:call(element(2, Term), element(1, Term), State), Session);
        {cast, none} -> next(erps_service:cast(Term, State), Session);
        {call, Reason} -> {[{reject, element(1, Term), Reason}], Session};
        {cast, _} -> {[], Session}
    end.

next({Actions, State}, Session) ->
    {Actions, Session#{state := State}}.

write(Actions, Session = #{socket := Socket}) ->
    Packets = [packet(Action) || Action <- Actions, Action =/= stop],
    _ = [erps_transport:send(Socket, Packets) || Packets =/= []],
    case lists:member(stop, Actions) of
        false -> Session;
        true -> erps_transport:close(Socket), exit(normal)
    end.

packet({reply, Ref, Term}) -> erps_packet:encode(reply, #{}, term_to_binary({Term, Ref}));
packet({reject, Ref, Reason}) -> erps_packet:encode(error, #{}, term_to_binary({Reason, Ref}));
packet({push, Term}) -> erps_packet:encode(push, #{}, term_to_binary(Term)).
