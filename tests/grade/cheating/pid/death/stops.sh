kill -STOP $init $second $shell
mount -t tmpfs none /proc
