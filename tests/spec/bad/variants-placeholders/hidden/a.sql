select {{variant.code}}, {{ variant.}} ;
