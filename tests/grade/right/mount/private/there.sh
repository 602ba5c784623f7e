cd stage
mount -t tmpfs -o size=1M,mode=755 cup cup; cd cup
cat >hello <<END
hello from inner
END
ls -l; mount | tail -1
