echo more | tee -a merged/in_lower
