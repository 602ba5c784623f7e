kill -9 $mid
