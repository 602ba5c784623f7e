kill -9 $gold_loop
