%% Packets of Erps 0.7.0 as octets: section 1 of the protocol. Pure.
-module(erps_packet).
-export([encode/3, keepalive/0, next/1]).

%% How a peer names itself in the header of what it sends.
%% Identity: #{version => {Major, Minor, Patch}, identifier => binary()}, both optional.
encode(Type, Identity, Payload) ->
    {Major, Minor, Patch} = maps:get(version, Identity, {0, 0, 0}),
    Identifier = maps:get(identifier, Identity, <<>>),
    Padding = 36 - byte_size(Identifier),
    <<"erps", (byte_size(Payload)):32, (code(Type)), Major, Minor, Patch, Identifier/binary,
      0:Padding/unit:8, 0:48/unit:8, Payload/binary>>.

keepalive() ->
    <<"erps", 0:32, 0>>.

%% {packet, Packet, Rest}, {more, Octets} (so many are missing), short (its size is not even known)
%% or error.
next(<<"erps", 0:32, 0, Rest/binary>>) ->
    {packet, #{type => keepalive}, Rest};
next(<<"erps", Size:32, Code, Major, Minor, Patch, Identifier:36/binary, Signed:48/binary,
       Payload:Size/binary, Rest/binary>>) ->
    case type(Code) of
        unknown ->
            error;
        Type ->
            {packet, #{type => Type, version => {Major, Minor, Patch},
                       identifier => without_nul(Identifier),
                       is_signed => Signed =/= <<0:48/unit:8>>, payload => Payload}, Rest}
    end;
next(<<"erps", Size:32, Rest/binary>>) ->
    {more, (if Size =:= 0, Rest =:= <<>> -> 1; true -> 88 + Size - byte_size(Rest) end)};
next(Octets) when byte_size(Octets) < 8 ->
    short;
next(_) ->
    error.

without_nul(Octets) ->
    case binary:last(Octets) of
        0 when byte_size(Octets) > 1 -> without_nul(binary:part(Octets, 0, byte_size(Octets) - 1));
        0 -> <<>>;
        _ -> Octets
    end.

code(Type) ->
    {Type, Code} = lists:keyfind(Type, 1, types()),
    Code.

type(Code) ->
    case lists:keyfind(Code, 2, types()) of
        {Type, Code} -> Type;
        false -> unknown
    end.

types() ->
    [{keepalive, 0}, {error, 1}, {reply, 2}, {push, 3}, {call, 4}, {cast, 8}].
