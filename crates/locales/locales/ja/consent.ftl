# What an owner agrees to before a verification. A change of meaning needs a new CONSENT_TEXT_VERSION in the code.
consent-biometric = 生体情報の処理に同意します。
consent-provider = { $provider }と{ $operator }が、この組織の確認のためだけに、本人確認書類の画像、顔写真、生体情報を処理することに同意します。生体情報は遅くとも7日後に削除されます。同意はいつでも撤回できます。
consent-review = { $operator }が、この組織の確認のためだけに、本人確認書類と顔の写真を処理し、担当者が目視で確認することに同意します。写真は撮影から遅くとも7日後に削除されます。法令により保存が義務づけられる場合に限り、最長{ $days }日間保存されることがあり、その場合は通知され、同意を撤回してもそれより早くは削除されません。同意はいつでも撤回できます。
