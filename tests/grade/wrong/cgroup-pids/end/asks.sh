kill -STOP $bomb
