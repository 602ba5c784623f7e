umount merged
mkdir upper2 work2
mount -t overlay overlay -o lowerdir=lower,upperdir=upper2,workdir=work2,userxattr merged
