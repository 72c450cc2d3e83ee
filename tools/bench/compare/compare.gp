# Plots what guichet_bench_compare --data wrote: gnuplot -e "data='FILE'; out='FILE.svg'" tools/bench/compare/compare.gp
set terminal svg size 900,480 font "sans-serif,13" background "white"
set output out
set title "Durable transitions a second; medians, with the least and most of the rounds"
set style data histogram
set style histogram errorbars gap 1.5 lw 1
set style fill solid 0.85 border -1
set datafile missing "?"
set yrange [0:*]
set grid ytics
set key top left
set xlabel "calls, in flight"
plot data using 2:3:4:xtic(1) title "Guichet" lc rgb "#1f6fb4", \
     data using 5:6:7 title "empty gRPC server" lc rgb "#b0b0b0", \
     data using 8:9:10 title "PostgreSQL" lc rgb "#d9822b", \
     data using 11:12:13 title "etcd" lc rgb "#5a9e4b"
