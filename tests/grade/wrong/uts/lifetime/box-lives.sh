nsenter --target $box --uts
