select {{ variant.limit }};
