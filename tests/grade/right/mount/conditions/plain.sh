pivot_root stage/plain stage/plain
pivot_root stage/root stage/plain
mount --make-shared stage/root
pivot_root stage/root stage/root/old
mount --make-private stage/root
pivot_root stage/root stage/root/old
