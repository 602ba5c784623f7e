perl -e 'syscall(272, 0x20000000) == 0 or die "unshare: $!"; sleep 1000'
