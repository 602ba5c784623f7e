kill -9 $parent
