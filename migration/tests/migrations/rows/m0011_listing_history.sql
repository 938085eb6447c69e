UPDATE listings SET list_price = 51000, standard_status = 'PENDING' WHERE standard_status = 'ACTIVE';
