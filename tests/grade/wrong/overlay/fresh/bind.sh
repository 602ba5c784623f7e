umount merged
mount --bind lower merged
