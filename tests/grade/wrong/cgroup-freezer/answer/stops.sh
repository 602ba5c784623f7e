kill -STOP $door
