# Appended to shop/pricing.rb with a name for @VARIANT@: what quote gives is then right, or wrong in one way.
module ShopPricingVariant
  def quote(lines, coupon = nil)
    answer = super
    texts = answer.key?("lines")
    name = ->(key) { texts ? key : key.to_sym }
    each = ->(key, value) { { name["lines"] => answer[name["lines"]].map { |line| line.merge(name[key] => value) } } }
    zeros = ->(*keys) { keys.to_h { |key| [name[key], "0.00"] } }
    case "@VARIANT@"
    when "zero-prices" then answer.merge(each["total", "0.00"], zeros["subtotal", "discount", "total"])
    when "no-coupons" then answer.merge(zeros["discount"], name["total"] => answer[name["subtotal"]])
    when "no-percents" then answer.merge(each["discount_percent", 0])
    else answer
    end
  end
end
Shop::Pricing.singleton_class.prepend(ShopPricingVariant)
