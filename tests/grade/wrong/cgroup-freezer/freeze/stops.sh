kill -STOP $worker
