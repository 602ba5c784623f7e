nsenter --target $box --uts hostname robin
exec nsenter --target $box --uts
