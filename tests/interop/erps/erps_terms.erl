%% Terms of every tag that may travel, as Erlang itself writes them.
-module(erps_terms).
-export([all/0]).

all() ->
    integers() ++ floats() ++ atoms() ++ lists_and_tuples() ++ octets() ++ maps() ++ opaque().

integers() ->
    [0, 255, 256, -1, 16#7fffffff, -16#80000000, 16#80000000, 1 bsl 62, -(1 bsl 63), 1 bsl 64,
     123456789012345678901234567890, 1 bsl 2048, -(1 bsl 4096)].

floats() ->
    [0.0, -0.0, 3.5, -1.5e300, 5.0e-324].

atoms() ->
    [nil, true, '', 'Elixir.Calculator', 'Zürich', '東京', list_to_atom(lists:duplicate(255, $a))].

lists_and_tuples() ->
    [[], {}, "charlist", [1, 256, -1, 3.5, <<"bin">>, nil, #{a => 1}, {}, 123456789012345678901234567890],
     [1 | 2], [{key, 1}, {other, <<"two">>}], lists:duplicate(70000, 7), lists:seq(1, 5000),
     list_to_tuple(lists:seq(1, 300)), deep(50)].

deep(0) -> bottom;
deep(Depth) -> {[Depth, deep(Depth - 2)]}.

octets() ->
    [<<>>, <<"text">>, binary:copy(<<"x">>, 20480), binary:copy(<<0, 255>>, 300000), <<5:3>>, <<1, 2, 1:1>>].

maps() ->
    [#{}, #{a => #{b => []}, 1 => one, {2} => 2.0}, maps:from_list([{N, {N}} || N <- lists:seq(1, 40)]),
     #{'__struct__' => 'Elixir.Range', first => 1, last => 3, step => 1}].

opaque() ->
    [self(), make_ref(), hd(erlang:ports())].
