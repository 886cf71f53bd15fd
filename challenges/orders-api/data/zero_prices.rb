# Appended to shop/pricing.rb, so that every price it quotes is 0.00: tests of prices have to notice.
module GradekitZeroPrices
  def quote(lines, coupon = nil)
    answer = super
    texts = answer.key?("lines")
    name = ->(key) { texts ? key : key.to_sym }
    zeros = %w[subtotal discount total].to_h { |key| [name[key], "0.00"] }
    lines = answer[name["lines"]].map { |line| line.merge(name["total"] => "0.00") }
    answer.merge(name["lines"] => lines).merge(zeros)
  end
end
Shop::Pricing.singleton_class.prepend(GradekitZeroPrices)
