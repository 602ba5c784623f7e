nsenter --target $box --uts
kill -9 $box
hostname
