kill -9 $second
