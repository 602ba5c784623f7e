kill $init
