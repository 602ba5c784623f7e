kill -9 $child
