cd view && echo more | tee -a one; cat two
