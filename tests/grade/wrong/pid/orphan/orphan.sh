kill -9 $orphan
