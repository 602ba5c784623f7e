mount --make-rshared stage/root
pivot_root stage/root stage/root/old
