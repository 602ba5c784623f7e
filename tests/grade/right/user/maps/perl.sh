perl -e 'open(M, ">/proc/$ARGV[0]/uid_map"); print M "         0          0          1\n"; close(M) or die $!' $$
