%% How Erps 0.7.0 reads: a chunk is one packet. Its first octets come in one read, eight at least,
%% and what is missing in one more within half a second; a second packet behind it is a mistake.
-module(erps_chunk).
-export([read/2]).

%% {ok, Packet}, {error, timeout}, {error, einval} or why the connection has ended.
read(Socket, Timeout) ->
    case erps_transport:recv(Socket, 0, Timeout) of
        {ok, Chunk} -> whole(Socket, Chunk, erps_packet:next(Chunk));
        Error -> Error
    end.

whole(_Socket, _Chunk, {packet, Packet, <<>>}) ->
    {ok, Packet};
whole(Socket, Chunk, {more, Octets}) ->
    case erps_transport:recv(Socket, Octets, 500) of
        {ok, Rest} ->
            Packet = <<Chunk/binary, Rest/binary>>,
            whole(Socket, Packet, erps_packet:next(Packet));
        Error ->
            Error
    end;
whole(_Socket, _Chunk, _) ->
    {error, einval}.
