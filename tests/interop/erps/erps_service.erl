%% What both servers serve: the service of the captures, and a little more. A request becomes a list
%% of actions, {reply, From, Term}, {reject, From, Reason}, {push, Term} or stop; an answer that comes
%% later comes to the session as the message {later, Actions}. The service of erps_peer.c is the same.
-module(erps_service).
-export([new/0, call/3, cast/2, refusal/2]).

new() ->
    0.

call(ping, From, Count) -> {[{reply, From, pong}], Count};
call({echo, Term}, From, Count) -> {[{reply, From, Term}], Count};
call(count, From, Count) -> {[{reply, From, Count}], Count};
call(stop, From, Count) -> {[{reply, From, bye}, stop], Count};
call({later, Ms}, From, Count) ->
    erlang:send_after(Ms, self(), {later, [{reply, From, {slept, Ms}}]}),
    {[], Count};
call({news, Pushes}, From, Count) ->
    {[{push, {news, N}} || N <- lists:seq(1, Pushes)] ++ [{reply, From, ok}], Count};
call(_, From, Count) ->
    {[{reject, From, <<"badarg">>}], Count}.

cast(incr, Count) -> {[], Count + 1};
cast({add, N}, Count) -> {[], Count + N};
cast({push, Term}, Count) -> {[{push, Term}], Count}.

%% Why a packet is refused before anything else is done with it, or none. Options as of erps_server.
refusal(Packet, Options) ->
    Identifier = maps:get(identifier, Packet),
    Versions = maps:get(versions, Options, fun(_) -> true end),
    case {maps:get(identifier, Options, Identifier), Versions(maps:get(version, Packet))} of
        {Identifier, true} ->
            case Packet of
                #{is_signed := true} -> <<"authentication provided">>;
                _ -> none
            end;
        {Identifier, false} -> <<"incompatible version">>;
        _ -> <<"wrong identifier">>
    end.
