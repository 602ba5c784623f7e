umount "$PWD/merged"
