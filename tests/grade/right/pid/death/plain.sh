kill -9 $init
