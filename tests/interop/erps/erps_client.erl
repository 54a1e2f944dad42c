%% A client that behaves as Erps.Client 0.7.0 does: references by phash2, a look at the socket every
%% 100 ms that reads one chunk, which must be one packet, and a keepalive by the clock. Its owner is
%% told what a user would find in the log or in callbacks: {push, Client, Term}, {dropped, Client},
%% {error, Client, Reason}.
-module(erps_client).
-behaviour(gen_server).
-export([start/1, call/2, call/3, cast/2, stop/1]).
-export([init/1, handle_continue/2, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(POLL, 100).

%% Options: at (a place of erps_transport); version, identifier; keepalive, reconnect (ms);
%% compressed (as term_to_binary has it).
start(Options) ->
    gen_server:start(?MODULE, Options#{owner => self()}, []).

call(Client, Request) ->
    call(Client, Request, 30000).

call(Client, Request, Timeout) ->
    gen_server:call(Client, {call, Request}, Timeout).

cast(Client, Request) ->
    gen_server:cast(Client, Request).

stop(Client) ->
    gen_server:stop(Client).

init(Options) ->
    Defaults = #{keepalive => 60000, reconnect => 60000, compressed => 0, socket => nil,
                 callers => #{}},
    {ok, maps:merge(Defaults, Options), {continue, connect}}.

handle_continue(connect, State) ->
    case erps_transport:connect(maps:get(at, State)) of
        {ok, Socket} ->
            erlang:send_after(?POLL, self(), recv),
            erlang:send_after(maps:get(keepalive, State), self(), keepalive),
            {noreply, State#{socket := Socket}};
        {error, econnrefused} ->
            erlang:send_after(maps:get(reconnect, State), self(), connect),
            {noreply, State};
        {error, Reason} ->
            {stop, {shutdown, Reason}, State}
    end.

handle_call(_Request, _From, State = #{socket := nil}) ->
    {reply, disconnected, State};
handle_call({call, Request}, From, State = #{callers := Callers}) ->
    Ref = erlang:phash2(From),
    send(State, call, {Ref, Request}),
    {noreply, State#{callers := Callers#{Ref => From}}}.

handle_cast(_Request, State = #{socket := nil}) ->
    {noreply, State};
handle_cast(Request, State) ->
    send(State, cast, Request),
    {noreply, State}.

handle_info(connect, State) ->
    {noreply, State, {continue, connect}};
handle_info(keepalive, State = #{socket := Socket, keepalive := Interval}) ->
    erps_transport:send(Socket, erps_packet:keepalive()),
    erlang:send_after(Interval, self(), keepalive),
    {noreply, State};
handle_info(recv, State = #{socket := Socket, owner := Owner}) ->
    case erps_chunk:read(Socket, ?POLL) of
        {ok, #{type := Type, payload := Payload}} ->
            poll_again(received(Type, binary_to_term(Payload), State));
        {error, timeout} ->
            poll_again(State);
        {error, einval} ->
            Owner ! {dropped, self()},
            poll_again(State);
        {error, _} ->
            {stop, {shutdown, disconnected}, State}
    end.

terminate(_Reason, #{socket := nil}) -> ok;
terminate(_Reason, #{socket := Socket}) -> erps_transport:close(Socket).

poll_again(State) ->
    erlang:send_after(?POLL, self(), recv),
    {noreply, State}.

received(reply, {Reply, Ref}, State) ->
    answer(Ref, Reply, State);
received(error, {Reason, Ref}, State) ->
    answer(Ref, {error, Reason}, State);
received(error, Reason, State = #{owner := Owner}) ->
    Owner ! {error, self(), Reason},
    State;
received(push, Term, State = #{owner := Owner}) ->
    Owner ! {push, self(), Term},
    State.

answer(Ref, Reply, State = #{callers := Callers}) ->
    case maps:take(Ref, Callers) of
        {From, Others} ->
            gen_server:reply(From, Reply),
            State#{callers := Others};
        error ->
            State
    end.

send(State = #{socket := Socket, compressed := Level}, Type, Term) ->
    Payload = term_to_binary(Term, [{compressed, Level}]),
    erps_transport:send(Socket, erps_packet:encode(Type, State, Payload)).
