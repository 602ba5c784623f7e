kill -9 $tin_loop
