#!/usr/bin/env escript
%% Erlang's half of the comparison. Terms travel in files, each behind its size (u32):
%%
%%     oracle.escript make COUNT OUT    terms made by chance, written in every way Erlang can
%%     oracle.escript again IN OUT      what is read, read by Erlang and written again
%%     oracle.escript same A B          whether both files have the same terms
-mode(compile).

main(["make", Count, Out]) ->
    rand:seed(exsss, {4, 5, 6}),
    write(Out, [written(N, {N, term(5), term(4)}) || N <- lists:seq(1, list_to_integer(Count))]);
main(["again", In, Out]) ->
    write(Out, [term_to_binary(binary_to_term(Payload)) || Payload <- read(In)]);
main(["same", A, B]) ->
    same(read(A), read(B), 1).

same([], [], Number) when Number > 1 ->
    io:format("~b terms are the same~n", [Number - 1]);
same([A | MoreA], [B | MoreB], Number) ->
    case binary_to_term(A) =:= binary_to_term(B) of
        true -> same(MoreA, MoreB, Number + 1);
        false ->
            io:format("term ~b: ~w~nis not ~w~n", [Number, A, B]),
            halt(1)
    end.

read(Path) ->
    {ok, Octets} = file:read_file(Path),
    [Payload || <<Size:32, Payload:Size/binary>> <= Octets].

write(Path, Payloads) ->
    ok = file:write_file(Path, [<<(byte_size(Payload)):32, Payload/binary>> || Payload <- Payloads]).

%% The same options are met by terms of every size.
written(Number, Term) ->
    Options = {[], [compressed], [{compressed, 9}], [{compressed, 1}], [{minor_version, 0}],
               [{minor_version, 1}], [{minor_version, 2}], [{minor_version, 0}, compressed]},
    term_to_binary(Term, element(1 + Number rem tuple_size(Options), Options)).

term(0) -> leaf(rand:uniform(14));
term(Depth) ->
    case rand:uniform(16) of
        N when N < 3 -> list_to_tuple(terms(Depth));
        N when N < 5 -> terms(Depth);
        5 -> improper(terms(Depth), leaf(rand:uniform(14)));
        N when N < 8 -> maps:from_list([{term(Depth div 2), term(Depth - 1)} || _ <- some(4)]);
        8 -> maps:from_list([{leaf(rand:uniform(14)), N} || N <- some(60 div (6 - Depth))]);
        _ -> leaf(rand:uniform(14))
    end.

some(Most) -> lists:seq(1, rand:uniform(Most + 1) - 1).

terms(Depth) -> [term(Depth - 1) || _ <- some(6)].

improper([], Tail) -> Tail;
improper(Elements, Tail) -> lists:append(Elements, Tail).

leaf(1) -> rand:uniform(256) - 1;
leaf(2) -> rand:uniform(1 bsl 33) - (1 bsl 32);
leaf(3) -> sign((1 bsl (8 * rand:uniform(9))) + rand:uniform(5) - 3);
leaf(4) -> sign(binary:decode_unsigned(rand:bytes(rand:uniform(300))));
leaf(5) -> (rand:uniform() - 0.5) * math:pow(10, rand:uniform(600) - 300);
leaf(6) -> sign(rand:uniform(1000)) / 8;
leaf(7) -> atom(rand:uniform(500));
leaf(8) -> element(rand:uniform(4), {true, false, nil, []});
leaf(9) -> rand:bytes(rand:uniform(100) - 1);
leaf(10) -> Size = rand:uniform(100), <<Bits:Size/bitstring, _/bitstring>> = rand:bytes(13), Bits;
leaf(11) -> binary_to_list(rand:bytes(rand:uniform(40) - 1));
leaf(12) -> unicode:characters_to_binary([rand:uniform(16#d7ff) || _ <- some(20)]);
leaf(13) -> node_term(rand:uniform(6));
leaf(14) -> {}.

sign(Number) -> Number * (2 * rand:uniform(2) - 3).

%% Few, since Erlang keeps every atom it has met; each is always the same.
atom(Number) when Number rem 3 =:= 0 -> list_to_atom("name_" ++ integer_to_list(Number));
atom(Number) when Number rem 3 =:= 1 -> list_to_atom([(Number * N) rem 256 || N <- lists:seq(1, Number rem 256)]);
atom(Number) -> list_to_atom([16#400 + (Number * N) rem 16#5000 || N <- lists:seq(1, Number rem 256)]).

node_term(1) -> self();
node_term(2) -> make_ref();
node_term(3) -> hd(erlang:ports());
node_term(4) -> binary_to_term(<<131, 88, 119, 3, "n@h", (rand:uniform(32768) - 1):32, 1:32, 77:32>>);
node_term(5) -> binary_to_term(<<131, 90, 3:16, 119, 3, "n@h", 77:32, (rand:uniform(1 bsl 18) - 1):32, 5:32, 6:32>>);
node_term(6) -> binary_to_term(<<131, 120, 119, 3, "n@h", (rand:uniform(1 bsl 28) - 1):64, 77:32>>).
