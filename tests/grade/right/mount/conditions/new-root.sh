cd stage; pivot_root root root/old
