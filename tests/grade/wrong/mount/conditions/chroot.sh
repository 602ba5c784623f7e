exec perl -e 'chroot "stage/root"; chdir "/"; <STDIN>'
