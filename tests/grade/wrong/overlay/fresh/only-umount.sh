umount merged
mkdir upper2 work2
