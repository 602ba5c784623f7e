kill -9 $box
nsenter --target $box --uts
