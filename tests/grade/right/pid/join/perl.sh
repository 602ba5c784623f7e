perl -e 'open(F, "</proc/$ENV{boss}/ns/pid"); syscall(308, fileno(F), 0x20000000) == 0 or die "setns: $!"; fork(); sleep 1000'
