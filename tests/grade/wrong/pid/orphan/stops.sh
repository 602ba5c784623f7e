kill -STOP $mid
